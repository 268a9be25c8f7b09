//! The lists of links of one layer of a graph.

/// Highest layer that a graph may have.
pub const MAX_LAYER: u32 = 15;

/// Fills up a list of links that is not full.
pub const NO_LINK: u32 = u32::MAX;

/// A link that names no vector, or a vector without a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLink(pub u32);

/// The lists of one layer, all of one length.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Length of a list.
    pub stride: usize,
    /// List `i` is `links[i * stride..][..stride]`, and ends before its first [`NO_LINK`].
    pub links: &'a [u32],
    /// Where the list of vector `id` is found: `first[id] + offset`; at `id` itself if `None`.
    pub first: Option<(&'a [u32], u32)>,
}

impl<'a> Layer<'a> {
    /// The links of vector `id`, with what fills them up.
    #[inline(always)]
    pub fn list(&self, id: u32) -> Option<&'a [u32]> {
        let at = match self.first {
            None => id,
            Some((first, offset)) => {
                let &[first, end] = first.get(id as usize..)?.first_chunk::<2>()?;
                first.checked_add(offset).filter(|at| *at < end)?
            }
        };
        let start = (at as usize).checked_mul(self.stride)?;
        self.links.get(start..start.checked_add(self.stride)?)
    }

    /// The links of vector `id`; none if it is not in this layer.
    pub fn links(&self, id: u32) -> impl Iterator<Item = u32> + use<'a> {
        let list = self.list(id).unwrap_or_default();
        list.iter().copied().take_while(|&link| link != NO_LINK)
    }
}

/// Marks `from` and all vectors that can be reached from it through vectors that are not marked.
pub fn flood(layer: Layer<'_>, from: u32, reached: &mut [bool]) {
    let mut frontier = vec![from];
    while let Some(id) = frontier.pop() {
        if let Some(reached) = reached.get_mut(id as usize)
            && !std::mem::replace(reached, true)
        {
            frontier.extend(layer.links(id));
        }
    }
}
