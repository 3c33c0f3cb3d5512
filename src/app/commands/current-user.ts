// Who sits at this command line, for the record.
import { userInfo } from 'node:os';

/** The login name, or the numeric id where the machine knows no name. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
