import ArgumentParser
import Checkpoints
import Foundation
import Torch

struct OutputOptions: InvocationOptions {
  @Flag(help: "Print one JSON object on standard output and nothing else there.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Option(help: "A YAML file of options by their long names, as lr: 0.01; what stands on the command line wins.")
  var config: String?
}

struct DeviceOptions: ExecutionOptions {
  @Option(help: "auto, cpu, cuda or cuda:N.")
  var device = "auto"

  @Option(help: "Threads of the CPU to use; all by default.")
  var threads: Int?

  /// Opens libtorch and the device.
  func open() throws -> Device {
    if let threads {
      guard threads > 0 else { throw CommandError.usage("--threads must be at least 1, found \(threads)") }
      try Library.setThreadCount(threads)
    }
    return try Device(device)
  }
}

/// A checkpoint's path, or a run's: then its best epoch's, or its last one's where it has no rule (--best).
struct CheckpointPath {
  let path: String

  init(_ text: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: text, isDirectory: &isFolder), isFolder.boolValue {
      let run = try Run.open(text)
      try run.requireEpoch()
      if let unfinished = run.unfinished { Console.say("\(text) is \(unfinished)") }
      path = run.checkpointPath(epoch: run.chosenEpoch)
    } else {
      path = text
    }
  }
}

/// The path of weights of any kind; a run's as ``CheckpointPath`` has it.
struct WeightsPath {
  let path: String

  init(_ text: String) throws {
    path = FileManager.default.fileExists(atPath: "\(text)/run.h5") ? try CheckpointPath(text).path : text
  }
}

/// Refuses an output that exists, before any work is done.
func requireAbsent(_ path: String) throws {
  guard !FileManager.default.fileExists(atPath: path) else {
    if let unfinished = (try? Run.open(path))?.unfinished {
      throw CommandError.unwritable(path: path, reason: "it exists, \(unfinished)")
    }
    throw CommandError.unwritable(path: path, reason: "it exists; choose another name or remove it")
  }
}
