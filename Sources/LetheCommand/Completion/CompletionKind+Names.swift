import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import Programs
import Training

/// What a shell proposes for arguments and options.
extension CompletionKind {
  /// The file or folder to take or to write.
  static var path: CompletionKind { .file() }

  /// Data: names that are known, and files and folders.
  static var data: CompletionKind {
    .custom { _, _, prefix in [FashionMNIST.name].filter { $0.hasPrefix(prefix) } + CompletedPaths.paths(prefix) }
  }

  /// Built-in architectures.
  static var architectures: CompletionKind { .list(Architecture.allCases.map(\.rawValue)) }

  /// The same, or a file of a model.
  static var models: CompletionKind {
    .custom { _, _, prefix in
      Architecture.allCases.map(\.rawValue).filter { $0.hasPrefix(prefix) } + CompletedPaths.paths(prefix)
    }
  }

  /// Kinds of regularizers, those of another package too.
  static var regularizers: CompletionKind { .custom { _, _, _ in RegularizerKind.all.map(\.name) } }

  /// Layers of the checkpoint or run that the command line has.
  static var layers: CompletionKind { .custom { words, _, _ in CompletedModel(in: words)?.layers ?? [] } }

  /// The tasks that the checkpoint or run has heads for.
  static var heads: CompletionKind { .custom { words, _, _ in CompletedModel(in: words)?.heads ?? [] } }

  /// Names of schedules.
  static var schedules: CompletionKind { .list(Schedule.Shape.names) }

  /// Kinds of devices.
  static var devices: CompletionKind { .list(["auto", "cpu", "cuda"]) }
}

/// Files and folders as a shell proposes them.
enum CompletedPaths {
  /// Those that begin so; folders end in a slash.
  static func paths(_ prefix: String) -> [String] {
    let slash = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let (folder, start) = (String(prefix[..<slash]), prefix[slash...])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return names.sorted().filter { $0.hasPrefix(start) && ($0.first != "." || start.first == ".") }.map { name in
      var isFolder: ObjCBool = false
      let path = folder + name
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        ? path + "/" : path
    }
  }
}

/// The model that a command line is about: its first checkpoint or run.
struct CompletedModel {
  private let checkpoint: Checkpoint

  /// Nil where there is none, or it cannot be read.
  init?(in words: [String]) {
    let found = words.dropFirst().lazy.filter { !$0.hasPrefix("-") }.compactMap { word -> Checkpoint? in
      var path = word
      if let run = try? Run.open(word) { path = run.checkpointPath(epoch: run.chosenEpoch) }
      guard (try? WeightsFile.kind(of: path)) == .checkpoint else { return nil }
      return try? Checkpoint(contentsOf: path)
    }
    guard let first = found.first else { return nil }
    checkpoint = first
  }

  /// In the order of the program.
  var layers: [String] { checkpoint.program.layers.map(\.name) }

  /// By name.
  var heads: [String] { checkpoint.heads.keys.sorted() }
}
