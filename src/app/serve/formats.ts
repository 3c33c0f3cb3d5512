// The wire formats that the data plane speaks.
import { openaiChat } from '../../gateway/formats/openai-chat.ts';
import type { WireFormat } from '../../gateway/wire/format.ts';

export const FORMATS: readonly WireFormat[] = [openaiChat];
