// Package freeport finds addresses for servers that come back on the same port.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports lie below the range from which Linux takes the local ports of outgoing connections (32768 and up). A port of that
// range can be taken by any client while the server is down, also by one that dials this very port: it then meets itself.
const (
	lowest  = 20000
	highest = 32000
)

// Address is a loopback address nobody listens on now.
func Address() (string, error) {
	var last error
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		l, err := net.Listen("tcp", address)
		if err != nil {
			last = err
			continue
		}
		return address, l.Close()
	}
	return "", errors.Join(errors.New("no free port found"), last)
}
