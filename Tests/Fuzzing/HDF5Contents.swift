import Foundation
import HDF5

@testable import Checkpoints

/// Well-formed HDF5 files whose names, attributes, texts and numbers are anything: as weights, a checkpoint, Keras' and a
/// run's record.
///
/// A line of the input makes one thing: a letter for its kind, a path, an equals sign, a value.
enum HDF5Contents: Reader {
  static let name = "hdf5"
  private static let newline: UInt8 = 10

  static func read(_ data: Data) throws {
    let file = "\(Scratch.folder)/contents.h5"
    try? FileManager.default.removeItem(atPath: file)
    let written = try File.create(file)
    for line in data.split(separator: newline).prefix(40) { try? write(line, to: written.root) }
    try written.close()
    _ = try Verification.check(file)
    _ = try? RunRecord(contentsOf: file)
    let weights = try WeightsFile(contentsOf: file)
    for tensor in weights.tensors.values { _ = (tensor.checksum, tensor.firstNonFinite) }
  }

  private static func write(_ line: Data, to root: Group) throws {
    let parts = line.dropFirst().split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    let value = parts.count > 1 ? parts[1] : Data()
    let text = String(decoding: value, as: UTF8.self)
    let places = String(decoding: parts.first ?? Data(), as: UTF8.self).split(separator: "/").map(String.init)
    guard let kind = line.first, let name = places.last, places.count <= 6 else { return }
    let group = try places.dropLast().reduce(root) { try $0.requireGroup($1) }
    switch kind {
    case UInt8(ascii: "g"): _ = try group.requireGroup(name)
    case UInt8(ascii: "t"): try group.writeCheckedText(name, text)
    case UInt8(ascii: "s"): try group.writeCheckedStrings(name, text.split(separator: ",").map(String.init))
    case UInt8(ascii: "a"): try group.setAttribute(name, to: text)
    case UInt8(ascii: "l"): try group.setAttribute(name, to: text.split(separator: ",").map(String.init))
    case UInt8(ascii: "i"): try group.setAttribute(name, to: Int(text) ?? 1)
    case UInt8(ascii: "f"): try group.writeTensor(name, TensorView(value.prefix(64).map { Float($0) }))
    case UInt8(ascii: "d"): try group.writeTensor(name, TensorView(value.prefix(64).map { Double($0) }))
    case UInt8(ascii: "n"): try group.writeTensor(name, TensorView(value.prefix(64).map { Int64($0) }))
    case UInt8(ascii: "h"): try group.createHardLink(name, target: text)
    case UInt8(ascii: "e"): try group.createExternalLink(name, file: text, target: name)
    default: break
    }
  }

  static func seeds() -> [Data] {
    let program = """
      {"version":1,"architecture":"a","inputs":[{"name":"x","elementType":"float32","shape":[-1,3]}],\
      "parameters":[{"name":"fc.weight","shape":[3]}],"nodes":[],"outputs":["x"]}
      """
    let state = """
      {"kind":"training","isFinished":false,"targetHeadIsNew":false,"sharesHead":false,"regularizers":[]}
      """
    let inputs = [
      ["fa=123", "db/c/d=4", "na=1"],
      [
        "llayer_names=dense", "ldense/weight_names=dense/kernel:0,dense/bias:0", "fdense/dense/kernel:0=ab",
        "fdense/dense/bias:0=c",
      ],
      ["flayers/dense/vars/0=ab", "flayers/dense/vars/1=c", "gsimple"],
      [
        "ilethe_format=1", "atask=x", "iepoch=0", "tprogram=\(program)", "fparameters/fc.weight=123",
        "fheads/x/fc.weight=123", "aparent=a", "dpreprocessing/scale=1",
      ],
      [
        "ilethe_format=1", "akind=run", "aseed=7", "acreated=now", "alethe_version=0.2.0", "tconfiguration={}",
        "tstate=\(state)", "tdata={\"tasks\":[]}", "dmetrics/epoch=0", "npredictions/target/0000=1", "nlabels/target=1",
        "sanalysis/drift/strings/finding={}", "danalysis/drift/numbers/l2=1",
      ],
    ]
    return inputs.map { Data($0.joined(separator: "\n").utf8) }
  }
}
