/** A value that JSON can carry. Everything that crosses a boundary is made of these. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
