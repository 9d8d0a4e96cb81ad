package rules

import "bytes"

// Limits of the plain reader; beyond them the library reads.
const (
	plainDepth = 100
	plainKeys  = 64
	plainKey   = 128
)

// readPlain reads the block style that renderers write: mappings with plain keys, sequences, scalars on one line, block scalars,
// ASCII. certain is false when it met anything else (anchors, tags, flow mappings, scalars over several lines, a mistake, a Secret, a
// list of objects); then the documents mean nothing and the library decides. What it is certain of the library reads the same way.
//
// YAML is what a release costs most; this is why there is a second reader at all.
func readPlain(content []byte) (documents []document, certain bool) {
	p := plainReader{}
	for len(content) > 0 {
		line := content
		if end := bytes.IndexByte(content, '\n'); end >= 0 {
			line, content = content[:end], content[end+1:]
		} else {
			content = nil
		}
		if !p.line(line) {
			return nil, false
		}
	}
	return p.documents, p.end()
}

// plainReader holds what is open at a line.
type plainReader struct {
	documents []document
	// number of the document that is open; none is before the first line with content or the first separator.
	number int
	open   bool
	stack  []collection
	spare  [][][]byte // key lists to use again
	now    document
	filled bool

	// block scalar: lines with at least indent spaces belong to it. indent is -1 until its first line shows it; blank is the longest
	// empty line before that.
	inBlock              bool
	blockIndent, blockOf int
	blank                int
}

// collection is an open mapping or sequence.
type collection struct {
	column   int
	sequence bool
	// pending: the last key or dash has no value yet.
	pending bool
	keys    [][]byte
}

func (p *plainReader) top() *collection { return &p.stack[len(p.stack)-1] }

// line reads one line; false means uncertain.
func (p *plainReader) line(line []byte) bool {
	column := 0
	for column < len(line) && line[column] == ' ' {
		column++
	}
	if p.inBlock {
		if inside, ok := p.blockLine(line, column); inside || !ok {
			return ok
		}
	}
	if column == len(line) || line[column] == '#' {
		return printable(line)
	}
	if !printable(line) {
		return false
	}
	if column == 0 && bytes.HasPrefix(line, []byte("---")) {
		return restIsEmpty(line[3:]) && p.separator()
	}
	if !p.open {
		p.open, p.number = true, p.number+1
	}
	return p.node(line, column)
}

// blockLine reads a line of a block scalar; inside is false when the scalar has ended.
func (p *plainReader) blockLine(line []byte, column int) (inside, ok bool) {
	if column == len(line) {
		if p.blockIndent < 0 {
			p.blank = max(p.blank, column)
		}
		return true, true
	}
	if p.blockIndent < 0 {
		if column <= p.blockOf {
			p.inBlock = false
			return false, true
		}
		if p.blank > column || line[column] == '\t' {
			return true, false
		}
		p.blockIndent = column
	}
	if column < p.blockIndent {
		p.inBlock = false
		return false, true
	}
	rest := line[p.blockIndent:]
	if len(bytes.TrimLeft(rest, " \t")) == 0 {
		return true, false // tabs only: the library knows
	}
	for _, c := range rest {
		if c != '\t' && (c < ' ' || c >= 0x7f) {
			return true, false
		}
	}
	return true, true
}

// printable is ASCII without control characters.
func printable(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// restIsEmpty: nothing but spaces, or a comment behind a space.
func restIsEmpty(rest []byte) bool {
	text := bytes.TrimLeft(rest, " ")
	return len(text) == 0 || text[0] == '#' && len(text) < len(rest)
}

// separator ends a document and begins the next.
func (p *plainReader) separator() bool {
	ok := p.end()
	p.open, p.number = true, p.number+1
	return ok
}

// end finishes the document that is open.
func (p *plainReader) end() bool {
	if p.filled {
		if p.now.Kind == "Secret" || len(p.documents) >= maxDocuments {
			return false
		}
		p.now.Number = p.number
		p.documents = append(p.documents, p.now)
	}
	for len(p.stack) > 0 {
		p.pop()
	}
	p.now, p.filled, p.open, p.inBlock = document{}, false, false, false
	return true
}

func (p *plainReader) pop() {
	if keys := p.top().keys; keys != nil {
		p.spare = append(p.spare, keys[:0])
	}
	p.stack = p.stack[:len(p.stack)-1]
}

// push opens a collection as the value that waits.
func (p *plainReader) push(column int, sequence bool) bool {
	if len(p.stack) >= plainDepth {
		return false
	}
	if len(p.stack) > 0 {
		p.top().pending = false
	}
	c := collection{column: column, sequence: sequence}
	if n := len(p.spare); !sequence && n > 0 {
		c.keys, p.spare = p.spare[n-1], p.spare[:n-1]
	}
	p.stack = append(p.stack, c)
	return true
}

// node reads dashes, then a key with its value or a scalar.
func (p *plainReader) node(line []byte, column int) bool {
	for line[column] == '-' && (column+1 == len(line) || line[column+1] == ' ') {
		if !p.dash(column) {
			return false
		}
		column++
		for column < len(line) && line[column] == ' ' {
			column++
		}
		if column == len(line) || line[column] == '#' {
			return true
		}
	}
	text := line[column:]
	if n := keyLength(text); n > 0 {
		return p.key(text[:n], column) && p.value(text[n+1:], text[:n])
	}
	if len(p.stack) == 0 || !p.top().sequence || p.top().column >= column || !p.top().pending {
		return false
	}
	return p.value(text, nil)
}

// dash is an entry of a sequence.
func (p *plainReader) dash(column int) bool {
	for len(p.stack) > 0 && p.top().column > column {
		p.pop()
	}
	if len(p.stack) == 0 {
		return false // a sequence is no object
	}
	if t := p.top(); t.sequence && t.column == column {
		t.pending = true
		return true
	} else if !t.pending || t.column == column && t.sequence {
		return false
	}
	if !p.push(column, true) {
		return false
	}
	p.top().pending = true
	return true
}

// keyLength is the length of a plain key that is certainly a string; 0 when there is none.
func keyLength(text []byte) int {
	n := 0
	for n < len(text) && isKeyByte(text[n]) {
		n++
	}
	if n == 0 || n > plainKey || n == len(text) || text[n] != ':' || n+1 < len(text) && text[n+1] != ' ' || !certainText(text[:n]) {
		return 0
	}
	return n
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isKeyByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '/'
}

// certainText: a plain scalar that is a string and not a boolean or null.
func certainText(text []byte) bool {
	if len(text) == 0 || !isLetter(text[0]) {
		return false
	}
	if len(text) > len("false") {
		return true
	}
	for _, word := range notTexts {
		if bytes.EqualFold(text, word) {
			return false
		}
	}
	return true
}

var notTexts = [][]byte{
	[]byte("y"), []byte("n"), []byte("yes"), []byte("no"), []byte("on"), []byte("off"), []byte("true"), []byte("false"), []byte("null"),
}

// key is an entry of a mapping.
func (p *plainReader) key(key []byte, column int) bool {
	for len(p.stack) > 0 && (p.top().column > column || p.top().column == column && p.top().sequence) {
		p.pop()
	}
	switch {
	case len(p.stack) == 0:
		if p.filled || column != 0 || !p.push(column, false) {
			return false
		}
		p.filled = true
	case p.top().column < column:
		if !p.top().pending || !p.push(column, false) {
			return false
		}
	}
	t := p.top()
	for _, k := range t.keys {
		if bytes.Equal(k, key) {
			return false
		}
	}
	if len(t.keys) >= plainKeys {
		return false
	}
	if t.keys == nil {
		t.keys = make([][]byte, 0, 8)
	}
	t.keys, t.pending = append(t.keys, key), true
	return len(p.stack) > 1 || string(key) != "items"
}

// value is what stands behind a key or a dash.
func (p *plainReader) value(text, key []byte) bool {
	text = bytes.Trim(text, " ")
	if len(text) == 0 || text[0] == '#' {
		return true // the value comes on the next lines, or it is null
	}
	t := p.top()
	t.pending = false
	var scalar []byte
	quoted, ok := true, false
	switch text[0] {
	case '|', '>':
		if len(text) > 2 || len(text) == 2 && text[1] != '-' && text[1] != '+' {
			return false
		}
		p.inBlock, p.blockIndent, p.blockOf, p.blank = true, -1, t.column, 0
		return !p.names(key)
	case '"':
		scalar, ok = doubleQuoted(text)
	case '\'':
		scalar, ok = singleQuoted(text)
	case '[', '{':
		return emptyOrSimpleList(text)
	default:
		scalar, ok = plainScalar(text)
		quoted = false
	}
	if !ok {
		return false
	}
	if p.names(key) {
		if !quoted && !certainText(scalar) || bytes.ContainsAny(scalar, `\'`) {
			return false
		}
		p.identify(string(key), string(scalar))
	}
	return true
}

// names reports whether a key tells which object this is.
func (p *plainReader) names(key []byte) bool {
	switch string(key) {
	case "apiVersion", "kind", "metadata", "data", "stringData":
		return len(p.stack) == 1
	case "name", "namespace", "generateName":
		return p.inMetadata()
	}
	return false
}

func (p *plainReader) inMetadata() bool {
	if len(p.stack) != 2 || p.stack[1].sequence {
		return false
	}
	keys := p.stack[0].keys
	return string(keys[len(keys)-1]) == "metadata"
}

func (p *plainReader) identify(key, value string) {
	switch key {
	case "apiVersion":
		p.now.APIVersion = value
	case "kind":
		p.now.Kind = value
	case "name":
		p.now.Name = value
	case "namespace":
		p.now.Namespace = value
	case "generateName":
		p.now.Generated = value != ""
	}
}

// doubleQuoted reads a string that ends on its line.
func doubleQuoted(text []byte) (inner []byte, ok bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return text[1:i], restIsEmpty(text[i+1:])
		case '\\':
			if i++; i == len(text) || bytes.IndexByte([]byte(`"\ntr`), text[i]) < 0 {
				return nil, false
			}
		}
	}
	return nil, false
}

// singleQuoted reads a string that ends on its line; two quotes stand for one.
func singleQuoted(text []byte) (inner []byte, ok bool) {
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			i++
			continue
		}
		return text[1:i], restIsEmpty(text[i+1:])
	}
	return nil, false
}

// plainScalar reads a scalar without quotes, up to a comment.
func plainScalar(text []byte) (scalar []byte, ok bool) {
	switch c := text[0]; {
	case isLetter(c), c >= '0' && c <= '9', bytes.IndexByte([]byte("/.$(+~=^;\\"), c) >= 0:
	case c == '-' && len(text) > 1 && text[1] != ' ':
	default:
		return nil, false
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case ':':
			if i+1 == len(text) || text[i+1] == ' ' {
				return nil, false
			}
		case '#':
			if text[i-1] == ' ' {
				return bytes.TrimRight(text[:i], " "), true
			}
		}
	}
	return text, true
}

// emptyOrSimpleList reads {}, [] and lists of simple scalars on one line.
func emptyOrSimpleList(text []byte) bool {
	if bytes.HasPrefix(text, []byte("{}")) {
		return restIsEmpty(text[2:])
	}
	if text[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(text[1:], " ")
	for first := true; len(rest) > 0; first = false {
		if rest[0] == ']' {
			return first && restIsEmpty(rest[1:])
		}
		n := simpleItem(rest)
		if n == 0 {
			return false
		}
		rest = bytes.TrimLeft(rest[n:], " ")
		if len(rest) == 0 {
			return false
		}
		if rest[0] == ']' {
			return restIsEmpty(rest[1:])
		}
		if rest[0] != ',' || len(rest) < 2 || rest[1] != ' ' {
			return false
		}
		rest = bytes.TrimLeft(rest[1:], " ")
	}
	return false
}

// simpleItem is the length of an item of a list: a quoted string without escapes, or letters, digits and a few signs.
func simpleItem(text []byte) int {
	if text[0] == '"' {
		end := bytes.IndexByte(text[1:], '"')
		if end < 0 || bytes.IndexByte(text[1:1+end], '\\') >= 0 {
			return 0
		}
		return end + 2
	}
	n := 0
	for n < len(text) && (isKeyByte(text[n]) || text[n] == '=') {
		n++
	}
	if n > 0 && text[0] == '-' && (n < 2 || text[1] != '-' && !isLetter(text[1])) {
		return 0
	}
	return n
}
