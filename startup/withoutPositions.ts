/**
 * Imported at the start: the Pulumi SDK does not tell the engine at which lines of the program each resource was made. For
 * that it makes a whole stack trace per resource and has every frame looked up in source maps, a twelfth of the program's
 * time; and the engine keeps them in the state, a seventh of it, with the folders of the machine that ran last.
 */
import { Resource } from "@pulumi/pulumi";

Object.assign(Resource, { stackTrace: () => [] });
