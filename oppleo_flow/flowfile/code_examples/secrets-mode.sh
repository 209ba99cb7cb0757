echo 'prowl_key: "0123456789"' > secrets.yaml
chmod 644 secrets.yaml
cat > flow.yaml <<'END'
flow: example
format: 1
connections:
  web: {type: http-client}
nodes:
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key}
END
oppleo-flow check flow.yaml
