/** Positions that a growing tensor has room for at first. */
const least = 64;

/** Room for so many positions: a power of two, so that kernels, which are made for the room, serve while it lasts. */
export function roomFor(positions: number): number {
  let room = least;
  while (room < positions) room *= 2;
  return room;
}
