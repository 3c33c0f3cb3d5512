// Changes to what stands in the address.

/** A member that is undefined leaves the address: it has to be there, or the router would keep the value from before. */
export const changed = <Search extends object>(
  before: Search,
  changes: { readonly [Name in keyof Search]?: Search[Name] | undefined },
): Search => parseSearch(before, { ...before, ...changes });

const parseSearch = <Search extends object>(_like: Search, search: object): Search => search as Search;
