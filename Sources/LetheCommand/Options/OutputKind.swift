import Checkpoints
import Foundation
import HDF5
import Reports

/// What a command writes, and so may replace.
enum OutputKind {
  case checkpoint
  case run
  /// The folder of a sweep or a transfer.
  case runs
  case dataset
  /// Weights in a format that the path's ending names.
  case weights
  case adapter
  case page

  var words: String {
    switch self {
    case .checkpoint: "a checkpoint"
    case .run: "a run"
    case .runs: "the folder of a sweep or a transfer"
    case .dataset: "an HDF5 dataset of ours"
    case .weights: "a file of exported weights"
    case .adapter: "the folder of an adapter"
    case .page: "a page of ours"
    }
  }

  /// Why what is at a path is something else, after “this”; nil where it is of the kind.
  func fault(of path: String) -> String? {
    var isFolder: ObjCBool = false
    // A link is followed by those who write, so what it leads to is looked at.
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return "is a link to nothing" }
    let wantsFolder = [.run, .runs, .adapter].contains(self)
    guard isFolder.boolValue == wantsFolder else { return isFolder.boolValue ? "is a folder" : "is a file" }
    switch self {
    case .checkpoint: return Self.isCheckpoint(path) ? nil : "is no checkpoint"
    case .weights:
      let kind = try? WeightsFile.kind(of: path)
      if kind == nil || Self.isDataset(path) { return "holds no weights" }
      return kind == .checkpoint ? "is a checkpoint" : nil
    case .dataset: return Self.isDataset(path) ? nil : "is none"
    case .page:
      let start = (try? FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: 15)) ?? nil
      return start.map { String(decoding: $0, as: UTF8.self) } == "<!doctype html>" ? nil : "is none"
    case .run:
      guard (try? Run.open(path)) != nil else { return "is none" }
      return Self.stranger(in: path, among: Self.filesOfRun, besides: "run")
    case .runs:
      guard FileManager.default.fileExists(atPath: "\(path)/options.yaml"),
        FileManager.default.fileExists(atPath: "\(path)/runs") || Self.holdsRunsOfTargets(path)
      else { return "is none" }
      return Self.stranger(amongRunsIn: path)
    case .adapter:
      return Self.stranger(
        in: path, among: ["adapter_config.json", "adapter_model.safetensors"], [], besides: "adapter")
    }
  }

  private static let filesOfRun: Set = [
    "run.h5", "resume.h5", "checkpoints", "tasks", "tensorboard", "trainer_state.json", "finding.json", ".lock",
  ]

  private static let filesOfRuns: Set = ["begun.json", "finding.json", "locks", "options.yaml", "runs"]

  /// A name in a folder that no command of ours writes there.
  private static func stranger(
    in folder: String, among known: Set<String>,
    _ endings: Set<String> = ["html", "csv", "svg", "xml", "png", "pdf"], besides kind: String
  ) -> String? {
    let other = names(in: folder).first {
      !known.contains($0) && $0 != ChartImageEvents.fileName && !endings.contains(($0 as NSString).pathExtension)
    }
    return other.map { "holds \($0), which no \(kind) has" }
  }

  /// The same of a sweep, a transfer, or the transfers to several targets, each in a folder of its own, and of their runs.
  private static func stranger(amongRunsIn path: String) -> String? {
    let targets = names(in: path).filter { FileManager.default.fileExists(atPath: "\(path)/\($0)/runs") }
    if let fault = stranger(in: path, among: filesOfRuns.union(targets), besides: "sweep or transfer") { return fault }
    let runs = names(in: "\(path)/runs").filter { ($0 as NSString).pathExtension != "failed" }
    return runs.lazy.compactMap { stranger(in: "\(path)/runs/\($0)", among: filesOfRun, besides: "run") }.first
      ?? targets.lazy.compactMap { stranger(amongRunsIn: "\(path)/\($0)") }.first
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Data of ours have the same mark of a format, and another kind.
  private static func isCheckpoint(_ path: String) -> Bool {
    guard let root = try? File.open(path).root else { return false }
    return (try? root.contains("program")) == true && (try? root.contains("parameters")) == true
  }

  private static func isDataset(_ path: String) -> Bool {
    guard let root = try? File.open(path).root else { return false }
    return (try? root.contains("train")) == true && (try? root.contains("test")) == true
  }

  private static func holdsRunsOfTargets(_ path: String) -> Bool {
    names(in: path).contains { FileManager.default.fileExists(atPath: "\(path)/\($0)/runs") }
  }
}
