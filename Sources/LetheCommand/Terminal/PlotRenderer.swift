import ArgumentParser
import Files
import Foundation
import Reports

/// Forms of a chart that are made of its SVG.
enum PlotFormat: String, CaseIterable {
  case png, pdf
  /// All of them as images of one event file.
  case tensorboard
}

/// Charts in the forms that papers take, made by `rsvg-convert` (Debian's librsvg2-bin) or Python's CairoSVG.
struct PlotRenderer {
  /// As `png,pdf`.
  ///
  /// - Throws: ``CommandError`` for another word.
  static func formats(_ text: String) throws -> [PlotFormat] {
    try text.split(separator: ",").map { word in
      guard let format = PlotFormat(rawValue: String(word)) else {
        let known = PlotFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandError.usage("--save-plots: expected \(known), found '\(word)'")
      }
      return format
    }
  }

  /// What an SVG is drawn as.
  private enum Drawing: String {
    case png, pdf
  }

  private let command: (Drawing, _ from: String, _ to: String) -> [String]

  /// The first of the two that is there.
  ///
  /// - Throws: ``CommandError`` where none is.
  init() throws {
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    if Self.runs(["rsvg-convert", "--version"]) {
      command = { ["rsvg-convert", "--format", $0.rawValue, "--zoom", $0 == .png ? "2" : "1", "--output", $2, $1] }
    } else if Self.runs([python, "-c", "import cairosvg"]) {
      command = { [python, "-m", "cairosvg", "--format", $0.rawValue, "--output-width", "1440", "--output", $2, $1] }
    } else {
      throw CommandError.missing(
        "--save-plots: nothing here draws an SVG: apt-get install librsvg2-bin, or pip install cairosvg")
    }
  }

  /// Draws charts' SVGs beside them.
  ///
  /// - Returns: the paths of what was drawn.
  func draw(_ charts: [String], as formats: [PlotFormat]) throws -> [String] {
    guard let first = charts.first else { return [] }
    return try formats.flatMap { format in
      switch format {
      case .png: try charts.map { try draw($0, as: .png) }
      case .pdf: try charts.map { try draw($0, as: .pdf) }
      case .tensorboard:
        [try writeEvents(of: charts, to: first.deletingLastPathComponent + "/" + ChartImageEvents.fileName)]
      }
    }
  }

  private func draw(_ svg: String, as drawing: Drawing) throws -> String {
    let target = svg.deletingPathExtension + ".\(drawing.rawValue)"
    try AtomicFile.write(to: target) { try draw(svg, as: drawing, into: $0, naming: target) }
    return target
  }

  private func writeEvents(of charts: [String], to target: String) throws -> String {
    try AtomicFile.write(to: target) { temporary in
      let image = temporary + ".png"
      defer { unlink(image) }
      let images = try charts.map { svg in
        try draw(svg, as: .png, into: image, naming: target)
        return (
          tag: "charts/" + (svg.deletingPathExtension as NSString).lastPathComponent,
          png: try Data(contentsOf: URL(fileURLWithPath: image))
        )
      }
      guard let bytes = ChartImageEvents.bytes(of: images, at: Date().timeIntervalSince1970) else {
        throw fault(in: target)
      }
      try Data(bytes).write(to: URL(fileURLWithPath: temporary))
    }
    return target
  }

  /// Draws into a file, where `target` is what a fault is said of.
  private func draw(_ svg: String, as drawing: Drawing, into path: String, naming target: String) throws {
    let source = path + ".svg"
    defer { unlink(source) }
    let plain = try PlainSVG.text(of: String(contentsOfFile: svg, encoding: .utf8))
    try Data(plain.utf8).write(to: URL(fileURLWithPath: source))
    guard Self.runs(command(drawing, source, path)) else { throw fault(in: target) }
  }

  private func fault(in target: String) -> CommandError {
    .unwritable(path: target, reason: "\(command(.png, "", "")[0]) could not draw it")
  }

  private static func runs(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}

extension String {
  fileprivate var deletingPathExtension: String { (self as NSString).deletingPathExtension }
  fileprivate var deletingLastPathComponent: String { (self as NSString).deletingLastPathComponent }
}
