cat > flow.yaml <<'END'
flow: example
format: 1
nodes:
  tick: {type: schedule, every: $(pace)}
END
oppleo-flow check flow.yaml --set pace=10s --set pase=20s
