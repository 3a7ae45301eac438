import { corpusAnswer } from "./corpus.ts";

/** A Worker that answers any request with the corpus as workerd computes it. */
const worker = {
  fetch(): Response {
    return Response.json(corpusAnswer());
  },
};

// oxlint-disable-next-line import/no-default-export -- The platform takes the default export.
export default worker;
