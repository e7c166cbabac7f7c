import ArgumentParser
import Checkpoints
import Foundation
import Programs
import Torch

struct OutputOptions: InvocationOptions {
  @Flag(help: "Print one JSON object on standard output and nothing else there.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on standard error.")
  var quiet = false

  @Option(
    help: "A YAML file of options by their long names, as lr: 0.01; what stands on the command line wins.",
    completion: .path)
  var config: String?
}

/// Operators that whoever runs the command takes upon themselves.
///
/// A folder never says so for them: it is of this one call, whatever the options are that a run was begun with.
struct OperatorOptions: InvocationOptions {
  @Option(
    parsing: .singleValue,
    help: """
      Let programs from files call this operator, as mylib::attention, beyond the reviewed ones. Neither it nor what it is \
      given is checked: only for files you trust. Repeatable.
      """)
  var allowOperator: [String] = []

  /// Admits them in this process.
  func admit() throws {
    for name in allowOperator where !name.contains("::") {
      throw CommandError.usage("--allow-operator: expected a qualified name as aten::relu, found '\(name)'")
    }
    AdmittedOperators.admit(allowOperator)
  }
}

/// Of commands whose tables have a row for every layer or class.
struct TableOptions: InvocationOptions {
  @Flag(help: "Every row of a long table, in order; without it, those that matter most.")
  var all = false
}

struct DeviceOptions: ExecutionOptions {
  @Option(help: "auto, cpu, cuda or cuda:N; of several processes each has the next GPU.", completion: .devices)
  var device = "auto"

  @Option(help: "Threads of the CPU to use; all by default.")
  var threads: Int?

  @OptionGroup var operators: OperatorOptions

  /// A checkpoint that is to be run: what it may not call is said before data are read or anything runs.
  ///
  /// - Throws: `CheckpointError` or `HDF5Error`, `ProgramError.refusedOperator(name:layer:)`.
  func runnable(_ path: String) throws -> Checkpoint {
    try operators.admit()
    let checkpoint = try Checkpoint(contentsOf: path)
    try checkpoint.program.checkOperators()
    return checkpoint
  }

  /// Opens libtorch and the device.
  func open() throws -> Device {
    try operators.admit()
    if let threads {
      try Bounds.check(threads, of: "--threads", atMost: Bounds.workers)
      try Library.setThreadCount(threads)
    }
    return try Device(device, place: ProcessPlace.named()?.localRank ?? 0)
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

  /// What a task is called by the name of a file, where nobody says it.
  static func stem(of path: String) -> String {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    return name.isEmpty ? "imported" : name
  }
}

extension Checkpoint {
  /// Refuses a network that has learnt nothing yet, where what becomes of what it knows is looked at.
  func requireTrained(at path: String, on source: String?) throws {
    guard task == Self.untrainedTask, heads.keys.allSatisfy({ $0 == Self.untrainedTask }) else { return }
    throw CommandError.badInput(
      "\(path): it was never trained, so there is nothing that it could forget; lethe train \(path.shellQuoted) --data "
        + "\((source ?? "DATA").shellQuoted) trains it first")
  }
}
