//! Makes every vector reachable from the entry point through layer 0.
//!
//! Choosing the best links of a full list can cut a vector off, and of equal vectors the choice
//! takes one, since the others lie in no new direction. So only the first of equal vectors is
//! inserted, and the others are linked one from the other in a chain; a vector that was cut off is
//! linked from its nearest. A new link never cuts anything off: where a list is full, it replaces the
//! last link of that list, and the new vector gets a link to what was replaced.

use rayon::prelude::*;

use super::beam::{BeamPool, Space};
use super::construct::Built;
use super::layer::{BadLink, Layer, NO_LINK, flood};

/// Candidates of the search for the nearest vector that can be reached.
const EF_CONNECT: usize = 32;

/// Which vectors are equal, by their codes.
pub struct Copies {
    /// The first of each set of equal vectors, ascending.
    pub originals: Vec<u32>,
    /// Each other vector after the equal one before it.
    pairs: Vec<(u32, u32)>,
}

impl Copies {
    pub fn of(space: Space<'_>) -> Self {
        let codes = space.codes;
        let mut ids: Vec<u32> = (0..codes.num_rows() as u32).collect();
        ids.par_sort_unstable_by(|&a, &b| codes.row(a).cmp(codes.row(b)).then(a.cmp(&b)));
        let mut copies = Self {
            originals: Vec::new(),
            pairs: Vec::new(),
        };
        for equal in ids.chunk_by(|&a, &b| codes.row(a) == codes.row(b)) {
            copies.originals.push(equal[0]);
            copies
                .pairs
                .extend(equal.windows(2).map(|pair| (pair[0], pair[1])));
        }
        copies.originals.sort_unstable();
        copies
    }
}

/// Links what cannot be reached, and puts each list in the order of ids.
pub fn connect(
    space: Space<'_>,
    m: usize,
    mut built: Built,
    copies: &Copies,
) -> Result<Built, BadLink> {
    let mut base = Base {
        stride: 2 * m,
        links: built.links,
    };
    let mut reached = vec![false; space.codes.num_rows()];
    flood(base.layer(), built.entry, &mut reached);
    let beams = BeamPool::default();
    for &id in &copies.originals {
        if !reached[id as usize] {
            let nearest = beams.with(|beam| {
                let query = space.codes.query(id);
                beam.start(space, query, &[built.entry]);
                beam.walk(space, base.layer(), query, EF_CONNECT)?;
                Ok(beam.found().next().map_or(built.entry, |near| near.id))
            })?;
            base.link(nearest, id);
            flood(base.layer(), id, &mut reached);
        }
    }
    for &(from, copy) in &copies.pairs {
        base.link(from, copy);
    }
    built.links = base.links;
    built
        .links
        .par_chunks_mut(2 * m)
        .for_each(|list| list.sort_unstable());
    built
        .upper_links
        .par_chunks_mut(m)
        .for_each(|list| list.sort_unstable());
    Ok(built)
}

/// The lists of layer 0.
struct Base {
    stride: usize,
    links: Vec<u32>,
}

impl Base {
    fn layer(&self) -> Layer<'_> {
        Layer {
            stride: self.stride,
            links: &self.links,
            first: None,
        }
    }

    fn list(&mut self, id: u32) -> &mut [u32] {
        &mut self.links[id as usize * self.stride..][..self.stride]
    }

    /// Links `id`, which cannot be reached yet, from `from`, which can.
    fn link(&mut self, from: u32, id: u32) {
        let displaced = push(self.list(from), id);
        if displaced != NO_LINK && !self.list(id).contains(&displaced) {
            // What `id` displaces in turn can be reached in another way, or could not be reached
            // before and is linked when its turn comes.
            push(self.list(id), displaced);
        }
    }
}

/// Puts a link at the end of a list, in place of the last one if it is full, and returns that.
fn push(list: &mut [u32], link: u32) -> u32 {
    let end = list.iter().position(|&link| link == NO_LINK);
    std::mem::replace(&mut list[end.unwrap_or(list.len() - 1)], link)
}
