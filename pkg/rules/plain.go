package rules

// readPlain reads the block style that renderers write. certain is false when it met anything else; then documents mean nothing.
func readPlain([]byte) (documents []document, certain bool) { return nil, false }
