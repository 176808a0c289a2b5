/** Something the user can mend: the message says what and how, and where in the code it arose is of no interest. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}
