cat > oppleo.yaml <<'END'
format: 1
charge_point: {id: garage, name: In the garage}
timezone: Europe/Berlin
currency: EUR
flow: example
statement:
  profile: de
END
mkdir flows
cat > flows/example.yaml <<'END'
flow: example
format: 1
nodes:
  tick: {type: schedule, every: 1h}
  shown: {type: debug, from: tick}
END
oppleo-flow check --on 2025-06-01
