import ArgumentParser

/// Where a checkpoint is written.
struct CheckpointDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "The checkpoint to write.")
  var output: String
}

/// Where a run is written.
struct RunDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "The run folder to write.")
  var output: String
}

/// Where a chart is written.
struct ChartDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "Write the chart here, SVG.")
  var output: String?
}
