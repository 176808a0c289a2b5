//go:build tools

// Package engine pins the Pulumi engine that the sandbox builds when no other one can be had.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
