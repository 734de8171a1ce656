/** The file cannot be opened as a Turnlog log; the message is one sentence for the operator. */
export class StoreFileError extends Error {
  override readonly name = 'StoreFileError';
}
