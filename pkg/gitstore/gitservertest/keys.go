package gitservertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"
)

// issue makes a certificate authority and a certificate for 127.0.0.1 signed by it.
func issue(tb TB) (tls.Certificate, string) {
	tb.Helper()
	now := time.Now()
	caKey := ecdsaKey(tb)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
	caDER := sign(tb, ca, ca, caKey.Public(), caKey)
	leafKey := ecdsaKey(tb)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
	file := filepath.Join(tb.TempDir(), "ca.pem")
	write(tb, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}))
	return tls.Certificate{Certificate: [][]byte{sign(tb, leaf, ca, leafKey.Public(), caKey)}, PrivateKey: leafKey}, file
}

func ecdsaKey(tb TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("making a key: %v", err)
	}
	return key
}

func sign(tb TB, leaf, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) []byte {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, public, key)
	if err != nil {
		tb.Fatalf("signing a certificate: %v", err)
	}
	return der
}

// sshKey writes a new private key and returns its public half. An empty passphrase leaves the key open.
func sshKey(tb TB, file, passphrase string) ssh.PublicKey {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatalf("making an ssh key: %v", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte(passphrase))
	}
	if err != nil {
		tb.Fatalf("writing an ssh key: %v", err)
	}
	write(tb, file, pem.EncodeToMemory(block))
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		tb.Fatalf("reading an ssh key: %v", err)
	}
	return key
}

func write(tb TB, file string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		tb.Fatalf("writing %s: %v", file, err)
	}
}
