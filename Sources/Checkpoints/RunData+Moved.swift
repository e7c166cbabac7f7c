import Files
import Foundation

/// A place that a run knows of.
protocol RunReference {
  /// As it was given; empty where there is none.
  var location: String { get set }
  /// The folder from which a relative location is found, an absolute path; empty where it is not known.
  var folder: String { get set }
  /// The way from the run to the folder, or to the location where that is absolute.
  var fromRun: String? { get set }
}

extension DataReference: RunReference {
  var location: String {
    get { specification }
    set { specification = newValue }
  }
}

extension BaseReference: RunReference {
  var location: String {
    get { path }
    set { path = newValue }
  }
}

extension RunReference {
  /// With the way from a run's folder.
  fileprivate func related(to run: String) -> Self {
    let start = location.hasPrefix("/") ? location : folder
    guard !location.isEmpty, start.hasPrefix("/") else { return self }
    var reference = self
    reference.fromRun = RelativePath.from(run, to: start)
    return reference
  }

  /// The same, or, where that leads nowhere any more, what stands to the run as it did.
  fileprivate func found(from run: String) -> Self {
    var known = self
    known.fromRun = nil
    guard let fromRun, !location.isEmpty, !leadsSomewhere else { return known }
    var reference = known
    let place = URL(fileURLWithPath: "\(run)/\(fromRun)").standardizedFileURL.path
    if location.hasPrefix("/") { reference.location = place } else { reference.folder = place }
    return reference.leadsSomewhere ? reference : known
  }

  private var leadsSomewhere: Bool {
    let path = location.hasPrefix("/") ? location : "\(folder)/\(location)"
    // Data may name classes behind a colon.
    let whole = path.lastIndex(of: ":").map { String(path[..<$0]) }
    return [path, whole].compactMap(\.self).contains { FileManager.default.fileExists(atPath: $0) }
  }
}

extension RunData {
  /// With the way from a run's folder to everything that it was made from.
  func related(to run: String) -> RunData {
    let place = URL(fileURLWithPath: run).standardizedFileURL.path
    return mapped(Mapping(data: { $0.related(to: place) }, base: { $0.related(to: place) }))
  }

  /// With what is not where it was found where it stands to the run as it did: it was moved together with it.
  func found(from run: String) -> RunData {
    let place = URL(fileURLWithPath: run).standardizedFileURL.path
    return mapped(Mapping(data: { $0.found(from: place) }, base: { $0.found(from: place) }))
  }

  private struct Mapping {
    let data: (DataReference) -> DataReference
    let base: (BaseReference) -> BaseReference
  }

  private func mapped(_ mapping: Mapping) -> RunData {
    var result = self
    result.base = base.map(mapping.base)
    result.target = target.map(mapping.data)
    result.source = source.map(mapping.data)
    result.proxy = proxy.map(mapping.data)
    result.tasks = tasks.map { TaskReference(name: $0.name, data: mapping.data($0.data)) }
    return result
  }
}
