import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite struct GroupTests {
  @Test func attributesOfEveryKindComeBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    // More than the 64 KB of a compact attribute.
    let many = (0..<21_843).map { "class \($0)" }
    let long = String(repeating: "ü", count: 100_000)
    try File.writeAtomically(to: path) { root in
      try root.setAttribute("text", to: "first")
      try root.setAttribute("text", to: "Lēthē")
      try root.setAttribute("int", to: -3)
      try root.setAttribute("double", to: Double.pi)
      try root.setAttribute("doubles", to: [0.5, -1])
      try root.setAttribute("ints", to: Array(0..<many.count))
      try root.setAttribute("none", to: [String]())
      try root.setAttribute("many", to: many)
      try root.createGroup("g").setAttribute("long", to: long)
      try root.write("d", [1.0]).setAttribute("xxh3", to: "00ff")
    }
    let root = try File.open(path).root
    #expect(try root.attribute("text") == "Lēthē")
    #expect(try root.attribute("int") == -3)
    #expect(try root.attribute("double") == Double.pi)
    #expect(try root.attribute("doubles") == [0.5, -1])
    #expect(try root.attribute("ints") == Array(0..<many.count))
    #expect(try root.attribute("none") == [String]())
    #expect(try root.attribute("many") == many)
    #expect(try root.group("g").attribute("long") == long)
    #expect(try root.dataset("d").attribute("xxh3") == "00ff")
    #expect(try root.attribute("absent", as: Int.self) == nil)
    // Seven, and what announces the checksum at the end.
    #expect(try root.attributeNames.count == 8)
    #expect(throws: HDF5Error.self) { try root.requiredAttribute("text", as: Int.self) }
    #expect(throws: HDF5Error.self) { try root.requiredAttribute("double", as: Int.self) }
  }

  @Test func stringsAndTextComeBack() throws {
    let folder = try TemporaryFolder()
    let root = try File.create(folder.file("a.h5")).root
    let long = String(repeating: "{\"é\":1}", count: 50_000)
    try root.writeStrings("names", ["a", "", "läufer"])
    try root.writeStrings("none", [])
    try root.writeText("program", long)
    try root.writeText("deep/er/empty", "")
    #expect(try root.readStrings("names") == ["a", "", "läufer"])
    #expect(try root.readStrings("none") == [])
    #expect(try root.readText("program") == long)
    #expect(try root.readText("deep/er/empty") == "")
    #expect(try root.allDatasetPaths() == ["deep/er/empty", "names", "none", "program"])
    #expect(root.isGroup("deep") && root.isDataset("names") && !root.isGroup("no/such"))
    #expect(throws: HDF5Error.self) { try root.dataset("names").elementType }
  }

  @Test func hardLinksShareOneDataset() throws {
    let folder = try TemporaryFolder()
    let root = try File.create(folder.file("a.h5")).root
    try root.createGroup("heads").write("w", [1.0, 2])
    try root.createHardLink("again", target: "heads/w")
    #expect(try root.dataset("again").read(as: Double.self) == [1, 2])
    #expect(try root.dataset("again").fileOffset == root.dataset("heads/w").fileOffset)
    #expect(try root.externalLinkTarget("again") == nil)
  }

  @Test func externalLinksLeadToTheHoldingFile() throws {
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("a.h5")) { try $0.createGroup("p").write("w", [1.0, 2]) }
    try File.writeAtomically(to: folder.file("b.h5")) { try $0.createExternalLink("w", file: "a.h5", target: "/p/w") }
    try File.writeAtomically(to: folder.file("c.h5")) { try $0.createExternalLink("w", file: "b.h5", target: "/w") }
    // The target is open by itself as well, which HDF5 allows only where the close degrees agree.
    let target = try File.open(folder.file("a.h5"))
    let root = try File.open(folder.file("c.h5")).root
    let dataset = try root.dataset("w")
    #expect(try dataset.read(as: Double.self) == [1, 2])
    #expect(try dataset.holdingFile == folder.file("a.h5"))
    let link = try #require(try root.externalLinkTarget("w"))
    #expect(link.file == "b.h5" && link.path == "/w")
    try target.close()
    #expect(try dataset.read(as: Double.self) == [1, 2])
  }

  @Test func brokenLinkNamesTheFile() throws {
    let folder = try TemporaryFolder()
    let root = try File.create(folder.file("b.h5")).root
    try root.createExternalLink("w", file: "gone.h5", target: "/w")
    let error = #expect(throws: HDF5Error.self) { try root.dataset("w") }
    #expect("\(try #require(error))".contains("gone.h5"), "\(String(describing: error))")
  }

  @Test func missingMembersAreNamedWithWhatThereIs() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let root = try File.create(path).root
    try root.createGroup("train")
    let error = #expect(throws: HDF5Error.self) { try root.dataset("labels") }
    #expect("\(try #require(error))" == "\(path): no dataset labels; it has train")
    #expect(throws: HDF5Error.wrongKind(name: "train", file: path, expected: "dataset")) { try root.dataset("train") }
  }
}
