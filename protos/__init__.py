"""The contract between the processes: .proto files and the code generated from them."""
