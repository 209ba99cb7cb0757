mkdir flow.yaml
oppleo-flow check flow.yaml
