cat > flow.yaml <<'END'
flow: example
format: 1
nodes:
END
seq 250 | sed 's/.*/  tick_&: {type: schedule, every: 10}/' >> flow.yaml
oppleo-flow check flow.yaml
