// Command generate writes openapi.yaml: the gateway's Swagger 2 document, which comes from proto/, turned into OpenAPI 3, and the
// hand-written addresses.yaml for what does not come from proto/ (kuberpult's addresses, health, git, webhooks).
//
// Run it with `go generate ./services/frontend-service/openapi` after `buf generate`.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	swagger := flag.String("swagger", "../../../pkg/api/signalbox.swagger.yaml", "what buf generated")
	addresses := flag.String("addresses", "addresses.yaml", "what is written by hand")
	out := flag.String("out", "openapi.yaml", "where to write")
	flag.Parse()
	if err := run(*swagger, *addresses, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(swagger, addresses, out string) error {
	generated, err := os.ReadFile(swagger)
	if err != nil {
		return fmt.Errorf("read the generated document: %w", err)
	}
	written, err := os.ReadFile(addresses)
	if err != nil {
		return fmt.Errorf("read the hand-written addresses: %w", err)
	}
	document, err := convert(generated, written)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, document, 0o644); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
