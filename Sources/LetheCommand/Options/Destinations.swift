import ArgumentParser

/// Where a checkpoint is written.
struct CheckpointDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "The checkpoint to write.", completion: .path)
  var output: String

  @OptionGroup var existing: ExistingOutputOptions

  /// Where it goes.
  func place() throws -> String { try existing.place(for: output, of: .checkpoint) }
}

/// Where a run is written.
struct RunDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "The run folder to write.", completion: .path)
  var output: String

  @OptionGroup var existing: ExistingOutputOptions

  /// Where it goes; a run that is gone on with, or whose options are only printed, stays where it is.
  func place(_ continuation: ContinuationOptions) throws -> String {
    guard continuation.resume == nil, !continuation.printConfig else { return output }
    return try existing.place(for: output, of: .run)
  }
}

/// Where a chart is written.
struct ChartDestination: PlaceOptions {
  @Option(name: .shortAndLong, help: "Write the chart here, SVG.", completion: .path)
  var output: String?
}
