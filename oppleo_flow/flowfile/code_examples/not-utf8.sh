printf 'flow: caf\351\n' > flow.yaml
oppleo-flow check flow.yaml
