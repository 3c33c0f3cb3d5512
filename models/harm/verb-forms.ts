// English verbs in the forms that the frames of the grammar need: "steal a car", "stealing a car", "steals a car".

const GERUNDS: Readonly<Record<string, string>> = {
  be: 'being',
  die: 'dying',
  lie: 'lying',
  tie: 'tying',
  traffic: 'trafficking',
  kidnap: 'kidnapping',
  quit: 'quitting',
};
const THIRDS: Readonly<Record<string, string>> = { have: 'has', be: 'is', do: 'does', go: 'goes' };
/** Short stems whose last letter is written twice. */
const DOUBLES = /^(?:[^aeiou]*[aeiou][bdgklmnprt]|.*[^aeiou](?:mit|fer|bel))$/;
const NOT_DOUBLED = /^(?:offer|limit|open|enter|deliver|sell|edit|visit|label|model)$/;

function gerund(verb: string): string {
  const irregular = GERUNDS[verb];
  if (irregular !== undefined) return irregular;
  if (/[^eoy]e$/.test(verb)) return `${verb.slice(0, -1)}ing`;
  return DOUBLES.test(verb) && !NOT_DOUBLED.test(verb) ? `${verb}${verb.slice(-1)}ing` : `${verb}ing`;
}

function third(verb: string): string {
  const irregular = THIRDS[verb];
  if (irregular !== undefined) return irregular;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ies`;
  return /(?:[sxz]|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`;
}

/** `phrase` begins with its verb; undefined where it begins with something else. */
function withFirst(phrase: string, change: (verb: string) => string): string | undefined {
  const [, verb, rest] = /^(?!\w{4,}ly )([a-z]+)( .*)?$/.exec(phrase) ?? [];
  return verb === undefined ? undefined : change(verb) + (rest ?? '');
}

export const gerundOf = (phrase: string): string | undefined => withFirst(phrase, gerund);

export const thirdOf = (phrase: string): string | undefined => withFirst(phrase, third);
