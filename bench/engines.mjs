/** Opens the engine of a row in this process. Importing its library comes first and is no part of loading. */
export async function opener({ engine }) {
  if (engine !== 'batonlm') return (await import(`./peers/${engine}/engine.mjs`)).open;
  const library = await import('../dist/index.node.js');
  const { openOurs } = await import('./ours.mjs');
  return ({ folder, ...options }) => openOurs(library, folder, options);
}
