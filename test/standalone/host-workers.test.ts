import { hostContract } from "../contract/host.contract.ts";

hostContract("workers");
