package demo

import "fmt"

// manifest renders what the application's CI would: a Deployment, a Service and a ConfigMap for one environment.
func (a application) manifest(env string, n int) string {
	replicas, logLevel, memory := a.replicas, "warn", "512Mi"
	switch env {
	case "development":
		replicas, logLevel, memory = 1, "debug", "256Mi"
	case "staging":
		replicas, logLevel = min(2, a.replicas), "info"
	}
	version := fmt.Sprintf("%d.%d.0", a.major, n-1)
	return fmt.Sprintf(manifestTemplate, a.name, a.team, version, env, a.setting, a.changes[n-1].value, logLevel, replicas, a.port, memory)
}

const manifestTemplate = `apiVersion: v1
kind: ConfigMap
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/name: %[1]s
    app.kubernetes.io/part-of: shop
data:
  ENVIRONMENT: %[4]s
  LOG_LEVEL: %[7]s
  %[5]s: %[6]q
---
apiVersion: v1
kind: Service
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/name: %[1]s
    app.kubernetes.io/part-of: shop
spec:
  selector:
    app.kubernetes.io/name: %[1]s
  ports:
    - name: http
      port: 80
      targetPort: %[9]d
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/name: %[1]s
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/version: %[3]q
    shop.example/team: %[2]s
spec:
  replicas: %[8]d
  selector:
    matchLabels:
      app.kubernetes.io/name: %[1]s
  template:
    metadata:
      labels:
        app.kubernetes.io/name: %[1]s
        app.kubernetes.io/version: %[3]q
    spec:
      containers:
        - name: %[1]s
          image: registry.shop.example/%[1]s:%[3]s
          ports:
            - containerPort: %[9]d
          envFrom:
            - configMapRef:
                name: %[1]s
          readinessProbe:
            httpGet:
              path: /ready
              port: %[9]d
          resources:
            requests:
              cpu: 100m
              memory: %[10]s
            limits:
              memory: %[10]s
`
