// Thrown by a detector that has used up what a text may cost: it did not look to the end, and it is no bug.

export class SpentError extends Error {
  override readonly name = 'SpentError';
}
