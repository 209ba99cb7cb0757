"""The built-in node pack: one file per node type, in folders that are the palette's categories."""

NODE_PACK = True
