mkdir nodes
echo 'import nothing_of_this_name' > nodes/mine.py
cat > flow.yaml <<'END'
flow: example
format: 1
nodes:
  tick: {type: mine}
END
oppleo-flow check flow.yaml
