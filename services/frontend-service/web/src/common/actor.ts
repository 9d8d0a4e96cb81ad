/** Who did it, as the API says it. */
export interface Actor {
  name?: string;
  email?: string;
}
