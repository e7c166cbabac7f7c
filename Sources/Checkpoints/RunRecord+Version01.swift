import Foundation
import HDF5

extension RunRecord {
  /// What version 0.1 kept as text attributes of `/environment`, and in the command's YAML.
  ///
  /// Metrics, predictions and labels, whose layout has not changed, are read before.
  mutating func readVersion01(_ root: Group) throws {
    let environment = try root.group("environment").textAttributes()
    let options = FlatOptions(try root.contains("command_options") ? try root.readCheckedText("command_options") : "")
    let arguments = try root.readStrings("command_line")
    command =
      arguments.isEmpty && options.text.isEmpty ? nil : CommandRecord(arguments: arguments, options: options.text)
    let training = (try? JSONDecoder().decode(Options.self, from: Data(configuration.utf8))) ?? Options()

    func reference(_ role: String, option: String?, testCount: Int?, head: String?) -> DataReference? {
      guard let name = environment["\(role)Task"] else { return nil }
      return data(
        option ?? "", name: name, fingerprint: environment["\(role)Fingerprint"], testCount: testCount, head: head)
    }
    func data(
      _ specification: String, name: String, fingerprint: String? = nil, testCount: Int? = nil, head: String?
    ) -> DataReference {
      DataReference(
        specification: specification, name: name, fingerprint: fingerprint, testCount: testCount,
        imageShape: options.value("image-size").map { size in
          let sides = size.split(separator: "x").compactMap { Int($0) }
          return [sides.first ?? 0, sides.last ?? 0]
        }, skipsUnreadable: options.value("skip-unreadable") == "true", fitsImages: training.fitsImages ?? false,
        head: head)
    }
    let sharesHead = environment["sharesHead"] == "true"
    let head = environment["sourceHead"]
    self.data = RunData(
      base: options.value("base").map { BaseReference(path: $0, folder: "") },
      // In a sequence, of whose runs no options were kept, the head had the task's name.
      target: reference(
        "target", option: options.value("target") ?? options.value("data"), testCount: labels["target"]?.count,
        head: options.text.isEmpty ? nil : environment["targetTask"]),
      source: reference("source", option: options.value("source"), testCount: labels["source"]?.count, head: head),
      proxy: reference(
        "proxy", option: options.value("source-proxy"), testCount: environment["proxyCount"].flatMap(Int.init),
        head: head),
      tasks: options.values("task").map { text in
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let specification = parts.count == 2 ? parts[1] : ""
        return TaskReference(
          name: parts[0],
          data: data(
            specification, name: specification.split(separator: "/").last.map(String.init) ?? parts[0],
            head: sharesHead ? "shared" : parts[0]))
      })
    state = RunState(
      kind: environment["kind"] == "sequence" ? .sequence : environment["targetTask"] == nil ? .result : .training,
      isFinished: environment["finished"] == "true",
      best: environment["bestEpoch"].flatMap(Int.init).map {
        RunState.Best(
          epoch: $0, rule: environment["bestRule"] ?? "", keepsBounds: environment["bestKeepsBounds"] != "false")
      }, targetHeadIsNew: environment["newHead"] == "true",
      stepsPerEpoch: environment["stepsPerEpoch"].flatMap(Int.init), plannedEpochs: training.epochCount,
      sharesHead: sharesHead,
      regularizers: environment.filter { $0.key.hasPrefix("regularizer ") }.sorted { $0.key < $1.key }.map {
        RunState.Regularizer(name: String($0.key.dropFirst(12)), summary: $0.value)
      }, device: environment["device"], libtorch: environment["libtorch"],
      threads: environment["threads"].flatMap(Int.init))
  }

  /// Of the options of training, what the record speaks of.
  private struct Options: Decodable {
    var epochCount: Int?
    var fitsImages: Bool?
  }
}

/// The YAML of version 0.1's options: `name: value` a line, or a list of `- value` lines.
private struct FlatOptions {
  let text: String
  private var entries: [String: [String]] = [:]

  init(_ text: String) {
    self.text = text
    var name = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("- ") {
        entries[name, default: []].append(Self.scalar(line.dropFirst(2)))
      } else if let colon = line.firstIndex(of: ":") {
        name = String(line[..<colon])
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        entries[name] = value.isEmpty ? [] : [Self.scalar(value)]
      }
    }
  }

  func values(_ name: String) -> [String] { entries[name] ?? [] }

  func value(_ name: String) -> String? { values(name).first }

  /// A value that may be quoted.
  private static func scalar(_ text: Substring) -> String {
    if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") {
      return String(text.dropFirst().dropLast()).replacing("''", with: "'")
    }
    // A text in double quotes is JSON but for rare escapes.
    if text.hasPrefix("\""), let value = try? JSONDecoder().decode(String.self, from: Data(text.utf8)) { return value }
    return String(text)
  }
}
