// Pulumi's runner of policy packs compiles a TypeScript entry point with a loader of its own; what a JavaScript one
// imports, Node reads by itself, types included.
import "./pack.ts";
