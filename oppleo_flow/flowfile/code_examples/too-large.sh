head -c 3000000 /dev/zero | tr '\0' '#' > flow.yaml
oppleo-flow check flow.yaml
