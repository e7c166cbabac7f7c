import ArgumentParser

/// Whether a training begins at all, or goes on.
struct ContinuationOptions: InvocationOptions {
  @Flag(help: "Print every option with its value as YAML, for --config, and stop.")
  var printConfig = false

  @Option(help: "Go on with a run that stopped; --epochs may be raised.", completion: .path)
  var resume: String?
}
