import Analysis
import ArgumentParser
import Checkpoints
import Foundation
import Torch

/// What becomes of an output that exists.
struct ExistingOutputOptions: InvocationOptions {
  @Flag(help: "Replace an output that exists, where it is what this command writes.")
  var force = false

  @Flag(help: "Where the output exists, write beside it, under its name with the time.")
  var nameByTime = false

  mutating func validate() throws {
    if force, nameByTime {
      throw ValidationError("--force replaces what exists, --name-by-time keeps it: give one of them")
    }
  }

  /// Where an output is written; what is in its way is found fit to be replaced, and stays until it is.
  ///
  /// - Throws: ``CommandError/unwritable(path:reason:)`` where something is in the way that nobody gave up.
  func place(for path: String, of kind: OutputKind) throws -> String {
    guard OutputPlace.isTaken(path) else { return path }
    if nameByTime { return OutputPlace.named(path, at: Date()) }
    guard force else { throw CommandError.unwritable(path: path, reason: Self.words(for: path)) }
    if let fault = kind.fault(of: path) {
      throw CommandError.unwritable(path: path, reason: "--force replaces \(kind.words) alone, and this \(fault)")
    }
    return path
  }

  /// Removes the folder that a run or its like is written to, where it is to be replaced; it was found fit before.
  ///
  /// - Parameter inputs: what the new one is made of, which must not lie within.
  func makeRoom(at path: String, keeping inputs: [String]) throws {
    guard force, OutputPlace.isTaken(path) else { return }
    if let input = inputs.first(where: { OutputPlace.isWithin($0, path) }) {
      throw CommandError.unwritable(path: path, reason: "--force would remove \(input), which it is made from")
    }
    let lock = FileManager.default.fileExists(atPath: "\(path)/run.h5") ? try RunLock.acquire(path) : nil
    defer { withExtendedLifetime(lock) {} }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw CommandError.unwritable(path: path, reason: "what is there cannot be removed")
    }
  }

  /// Where the folder of a sweep or a transfer is to be, which goes on in one that is there unless it is told otherwise; of
  /// several processes the first one says it.
  func runsPlace(for path: String, in group: ProcessGroup?) throws -> String {
    let own = force || nameByTime
    let leads = group?.leads ?? true
    let place = try own && leads ? place(for: path, of: .runs) : path
    guard own, let group else { return place }
    return String(decoding: try group.gather(leads ? Array(place.utf8) : [])[0], as: UTF8.self)
  }

  /// Clears and begins the folder of a sweep or a transfer; of several processes the first one does, and all have to see it.
  ///
  /// - Parameter begin: makes it, or finds it fit to be gone on with.
  func beginRuns(
    in path: String, keeping inputs: [String], sharedBy group: ProcessGroup?, _ begin: () throws -> Void
  ) throws {
    if group?.leads ?? true {
      try makeRoom(at: path, keeping: inputs)
      try begin()
    }
    try group?.check(folder: path, named: "the folder of the runs")
  }

  private static func words(for path: String) -> String {
    let advice = "--force replaces it, --name-by-time writes beside it"
    guard let unfinished = (try? Run.open(path))?.unfinished else { return "it exists; \(advice)" }
    return "it exists, \(unfinished); \(advice)"
  }
}

/// Where an output goes.
enum OutputPlace {
  /// Whether anything is there, a link that leads nowhere too.
  static func isTaken(_ path: String) -> Bool { (try? FileManager.default.attributesOfItem(atPath: path)) != nil }

  /// `run-20261128-141500`, `base-20261128-141500.h5`: a name that is free.
  static func named(_ path: String, at date: Date) -> String {
    let time = DateFormatter()
    time.locale = Locale(identifier: "en_US_POSIX")
    time.dateFormat = "yyyyMMdd-HHmmss"
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let name = (trimmed as NSString).lastPathComponent
    // `.weights.h5` is one ending.
    let ending = name.hasPrefix(".") ? "" : String(name[(name.firstIndex(of: ".") ?? name.endIndex)...])
    let stem = "\(trimmed.dropLast(ending.count))-\(time.string(from: date))"
    let numbered = [stem + ending] + (2...1000).map { "\(stem)-\($0)\(ending)" }
    return numbered.first { !isTaken($0) } ?? stem + "-\(UUID().uuidString)" + ending
  }

  /// Whether a path is another one or lies within it.
  static func isWithin(_ path: String, _ folder: String) -> Bool {
    func resolved(_ path: String) -> String {
      URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
    let (path, folder) = (resolved(path), resolved(folder))
    return path == folder || path.hasPrefix(folder + "/")
  }
}
