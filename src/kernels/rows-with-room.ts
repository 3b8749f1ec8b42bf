/** Rows to take room for where there are `rows` now: twice as many, or all there will ever be where that is within reach. */
export function rowsWithRoom(rows: number, most: number): number {
  return most >= rows && most <= 4 * rows ? most : 2 * rows;
}
