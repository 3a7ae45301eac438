/** The one namespace of a simulated world. */
export const NAMESPACE = "default";
