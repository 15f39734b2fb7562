// Waiting for what comes by itself.

/** Looks until something is there; gives up after three minutes, saying what did not come. */
export async function until(what, look) {
  for (const end = Date.now() + 180_000; Date.now() < end; await new Promise(next => setTimeout(next, 250))) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`it does not come: ${what}`);
}
