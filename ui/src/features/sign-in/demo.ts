/** The account that `tidemark-server serve --demo` makes; it is open to everybody and holds sample records only. */
export const DEMO = { name: 'demo', password: 'demo' };
