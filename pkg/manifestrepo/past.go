package manifestrepo

import "fmt"

// DeployedVersion reads from a deployment.json, as it was at any time, which version was deployed; 0 when one only waited.
func DeployedVersion(data []byte) (uint64, error) {
	f := newFieldReader()
	defer f.done()
	d, err := f.deployment("", data)
	if err != nil {
		return 0, fmt.Errorf("read deployment.json: %w", err)
	}
	return d.Version, nil
}
