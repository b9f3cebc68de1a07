/**
 * The Cholesky decomposition.
 *
 * @module
 */

/**
 * Decomposes a symmetric, positive semi-definite matrix.
 *
 * @param matrix [size, size], of which the lower triangle is read
 * @param size number of rows
 * @returns L, lower triangular, with L Lᵀ = matrix; the column of a pivot that vanishes is zero
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const dot = (row: number): number => {
      let sum = 0;
      for (let k = 0; k < column; k++) sum += lower[row * size + k]! * lower[column * size + k]!;
      return sum;
    };
    const diagonal = matrix[column * size + column]!;
    const pivot = diagonal - dot(column);
    if (!(pivot > 1e-14 * diagonal)) continue;
    const root = Math.sqrt(pivot);
    lower[column * size + column] = root;
    for (let row = column + 1; row < size; row++) {
      lower[row * size + column] = (matrix[row * size + column]! - dot(row)) / root;
    }
  }
  return lower;
}
