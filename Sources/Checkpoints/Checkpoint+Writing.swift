import Foundation
import HDF5
import Programs

extension Checkpoint {
  /// Writes a checkpoint whole, under a temporary name, then renames it into place.
  ///
  /// A tensor that equals its namesake in `parent` byte by byte becomes an external link to the file that really holds
  /// it. That is done only within one folder, so that a run can be moved and a single checkpoint stands alone.
  ///
  /// - Throws: `FileError.unwritable`; no partial file is left then.
  public func write(to path: String, unchangedFrom parent: String? = nil) throws {
    try validate(file: path)
    let programText = String(decoding: try program.jsonData(), as: UTF8.self)
    let parentTensors = parent.flatMap { ParentTensors($0, destination: path) }
    try File.writeAtomically(to: path) { root in
      try FileFormat.mark(root, as: "checkpoint")
      try root.setAttribute("created", to: FileFormat.now())
      try root.setAttribute("task", to: task)
      try root.setAttribute("epoch", to: epoch)
      if let origin = self.parent { try root.setAttribute("parent", to: origin) }
      try root.writeCheckedText("program", programText)
      try writePreprocessing(to: root)
      let activeNames = try writeHeads(to: root.createGroup("heads"), parentTensors)
      let group = try root.createGroup("parameters")
      for name in activeNames where !(try root.group("heads/\(task)").isLink(name)) {
        try group.createHardLink(name, target: "heads/\(task)/\(name)")
      }
      // What the head links to elsewhere is linked to from here as well.
      let tied = try tiedToHead(activeNames, in: root.group("heads/\(task)"))
      try group.writeTensors(parameters.filter { try !group.contains($0.key) }, parentTensors, tied: tied)
      try root.createGroup("buffers").writeTensors(buffers, parentTensors)
      if !importances.isEmpty {
        let group = try root.createGroup("importances")
        for (measure, tensors) in importances {
          try group.createGroup(measure).writeTensors(tensors, parentTensors)
        }
      }
      try adapters?.write(to: root.createGroup("adapters"), parentTensors)
    }
  }

  // Returns the names of the active head's parameters.
  private func writeHeads(to group: Group, _ parent: ParentTensors?) throws -> [String] {
    let headNames = program.headParameterNames
    var heads = heads
    if !headNames.isEmpty || heads[task] != nil {
      heads[task, default: Head(tensors: [:], classNames: [], labelMap: [])].tensors =
        parameters.filter { headNames.contains($0.key) }
    }
    for (name, head) in heads.sorted(by: { $0.key < $1.key }) {
      let headGroup = try group.createGroup(name)
      try headGroup.setAttribute("class_names", to: head.classNames)
      try headGroup.setAttribute("label_map", to: head.labelMap)
      try headGroup.writeTensors(head.tensors, parent)
    }
    return headNames
  }

  /// Where the active head's tensors stand that others may be one with, as a language model's embedding is.
  private func tiedToHead(_ names: [String], in group: Group) throws -> [TensorView.Identity: String] {
    try names.reduce(into: [:]) { places, name in
      guard let identity = parameters[name]?.identity, try !group.isLink(name) else { return }
      places[identity] = group.child(of: name)
    }
  }

  private func writePreprocessing(to root: Group) throws {
    guard let preprocessing else { return }
    let group = try root.createGroup("preprocessing")
    try group.setAttribute("scale", to: preprocessing.scale)
    try group.setAttribute("mean", to: preprocessing.mean)
    try group.setAttribute("standard_deviation", to: preprocessing.standardDeviation)
    if preprocessing.fitsImages { try group.setAttribute("fit", to: 1) }
    if let size = preprocessing.imageSize { try group.setAttribute("image_size", to: size) }
    if let resize = preprocessing.imageResize { try group.setAttribute("resize", to: resize) }
  }
}

extension Group {
  func isLink(_ name: String) throws -> Bool { try externalLinkTarget(name) != nil }

  /// Writes tensors, or links to those of them that the parent has unchanged; tied tensors are written once.
  ///
  /// - Parameter tied: where tensors stand already that some of these may be.
  func writeTensors(
    _ tensors: [String: TensorView], _ parent: ParentTensors?, tied: [TensorView.Identity: String] = [:]
  ) throws {
    var linkChecksums: [String] = []
    var written = tied
    for (name, view) in tensors.sorted(by: { $0.key < $1.key }) {
      let tensor = try view.made()
      if let target = try parent?.target(child(of: name), equalTo: tensor) {
        try createExternalLink(name, file: target.file, target: target.path)
        linkChecksums.append("\(target.checksum) \(name)")
      } else if let identity = view.identity, let tied = written[identity] {
        try createHardLink(name, target: tied)
      } else {
        try writeTensor(name, tensor)
        if let identity = view.identity { written[identity] = child(of: name) }
      }
    }
    if !linkChecksums.isEmpty { try setAttribute(Self.linkChecksumsName, to: linkChecksums) }
  }
}
